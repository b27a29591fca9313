// A picture that somebody brings: opened, and made small enough to send.

const LONGEST = 1600; // px; digits are read at a fraction of that, and phones upload for seconds above it
const HEAVIEST = 1_500_000; // bytes that a small picture may keep as they are
const QUALITY = 0.92;
const KNOWN = ["image/png", "image/jpeg"]; // to the server; whatever else the browser can open becomes one of them

export const CANNOT_OPEN = "I can't open this file. A PNG, JPEG, WebP, GIF or BMP picture works.";

// Answers {bitmap, blob}; throws an Error in plain words.
export async function openPicture(file) {
  const bitmap = await decode(file);
  const zoom = LONGEST / Math.max(bitmap.width, bitmap.height);
  if (zoom >= 1 && file.size <= HEAVIEST && KNOWN.includes(file.type)) return { bitmap, blob: file };
  return redraw(bitmap, Math.min(zoom, 1));
}

export function toDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

// By hand, because fetching a data: URL is not allowed by the page's policy.
export function fromDataUrl(url) {
  const [head, data] = url.split(",");
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: head.slice("data:".length, head.indexOf(";")) });
}

async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Error(CANNOT_OPEN);
  }
}

async function redraw(bitmap, zoom) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * zoom));
  canvas.height = Math.max(1, Math.round(bitmap.height * zoom));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // JPEG knows no transparency; the server lays it on white, too
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return { bitmap: canvas, blob };
}
