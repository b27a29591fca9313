// A picture that somebody brings: opened, and made small enough to send.

const LONGEST = 1600; // px; digits are read at a fraction of that, and phones upload for seconds above it
const HEAVIEST = 1_500_000; // bytes that a small picture may keep as they are
const QUALITY = 0.92;
const KNOWN = ["png", "jpeg", "webp", "avif", "gif", "bmp"].map((kind) => `image/${kind}`); // to the server, too
const UNSEEN = /\.(hei[cf]|tiff?|avif)$/i; // the server opens these, most browsers do not
const PLACE = { width: 800, height: 600 }; // of what stands for such a picture

export const CANNOT_OPEN = "I can't open this file. A PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP picture works.";

// Answers {bitmap, blob}; throws an Error in plain words.
export async function openPicture(file) {
  const bitmap = await decode(file);
  if (!bitmap) return { bitmap: standIn(file.name), blob: file };
  const zoom = LONGEST / Math.max(bitmap.width, bitmap.height);
  if (zoom >= 1 && file.size <= HEAVIEST && KNOWN.includes(file.type)) return { bitmap, blob: file };
  return redraw(bitmap, Math.min(zoom, 1), file.type === "image/jpeg" ? "image/jpeg" : "image/webp");
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

// Null for a picture that only the server can open.
async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    if (UNSEEN.test(file.name)) return null;
    throw new Error(CANNOT_OPEN);
  }
}

function standIn(name) {
  const canvas = Object.assign(document.createElement("canvas"), PLACE);
  const context = canvas.getContext("2d");
  context.fillStyle = "#eef0f2";
  context.fillRect(0, 0, PLACE.width, PLACE.height);
  context.fillStyle = "#333";
  context.textAlign = "center";
  context.font = "32px sans-serif";
  context.fillText(name, PLACE.width / 2, PLACE.height / 2 - 30, PLACE.width - 80);
  context.font = "24px sans-serif";
  const words = "Your browser can't show this picture. It is read all the same.";
  context.fillText(words, PLACE.width / 2, PLACE.height / 2 + 20, PLACE.width - 80);
  return canvas;
}

// As WebP where the picture may be transparent: the server finds a ground on which its ink can be seen.
async function redraw(bitmap, zoom, kind) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * zoom));
  canvas.height = Math.max(1, Math.round(bitmap.height * zoom));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, kind, QUALITY));
  return { bitmap: canvas, blob };
}
