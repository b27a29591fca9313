// Ink: strokes, each a list of points [x, y, t] in drawing units and ms. Their outline and their reach.

// A smooth curve through the points. Each point is a control point, and the curve passes through the midpoints
// between them: so it has no corners.
export function outline(points) {
  const path = new Path2D();
  const [first, ...rest] = points;
  path.moveTo(first[0], first[1]);
  rest.forEach(([x, y], i) => {
    const next = rest[i + 1] ?? [x, y];
    path.quadraticCurveTo(x, y, (x + next[0]) / 2, (y + next[1]) / 2);
  });
  // A tap: round line caps turn a very short line into a dot, but draw nothing for a line of no length.
  if (!rest.length) path.lineTo(first[0] + 0.01, first[1]);
  return path;
}

// [right, bottom]: the largest x and y of all points; [0, 0] without ink.
export function reach(strokes) {
  let right = 0;
  let bottom = 0;
  for (const [x, y] of strokes.flat()) {
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return [right, bottom];
}
