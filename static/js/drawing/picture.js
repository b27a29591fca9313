// A picture that somebody brings: opened, and made small enough to send.

const LONGEST_SIDE = 1600; // px; digits are read at a fraction of that, and larger pictures upload for seconds
const LARGEST_FILE = 1_500_000; // bytes; a small picture of at most this size is sent unchanged
const QUALITY = 0.92; // of JPEG and WebP
const SERVER_TYPES = ["png", "jpeg", "webp", "avif", "gif", "bmp"].map((kind) => `image/${kind}`);
const SERVER_ONLY = /\.(hei[cf]|tiff?|avif)$/i; // the server opens these, most browsers do not
const PLACEHOLDER = { width: 800, height: 600 }; // px

const CANNOT_OPEN = "I can't open this file. A PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP picture works.";

// Answers {bitmap, blob}: what to show and what to send. Throws an Error in plain words.
export async function openPicture(file) {
  const bitmap = await decode(file);
  if (!bitmap) return { bitmap: drawPlaceholder(file.name), blob: file };
  const zoom = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
  if (zoom >= 1 && file.size <= LARGEST_FILE && SERVER_TYPES.includes(file.type)) return { bitmap, blob: file };
  // WebP where the picture may be transparent: the server finds a ground on which its ink can be seen.
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

// Not by fetch: the content security policy of the page does not allow to fetch a data: URL.
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
    if (SERVER_ONLY.test(file.name)) return null;
    throw new Error(CANNOT_OPEN);
  }
}

// Stands for a picture that the browser cannot show.
function drawPlaceholder(name) {
  const { width, height } = PLACEHOLDER;
  const canvas = Object.assign(document.createElement("canvas"), PLACEHOLDER);
  const context = canvas.getContext("2d");
  context.fillStyle = "#eef0f2";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#333";
  context.textAlign = "center";
  context.font = "32px sans-serif";
  context.fillText(name, width / 2, height / 2 - 30, width - 80);
  context.font = "24px sans-serif";
  const words = "Your browser can't show this picture. It is read all the same.";
  context.fillText(words, width / 2, height / 2 + 20, width - 80);
  return canvas;
}

async function redraw(bitmap, zoom, type) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * zoom));
  canvas.height = Math.max(1, Math.round(bitmap.height * zoom));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
  return { bitmap: canvas, blob };
}
