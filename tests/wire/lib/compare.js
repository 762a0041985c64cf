// Compares an answer with a recorded one, field by field, and says where they part.

/** Differences as a list of "path: expected ... got ..."; empty when equal. skip(path) leaves a field out. */
export function differences(expected, got, skip = () => false, path = "") {
  if (skip(path)) return [];
  if (Array.isArray(expected)) {
    if (!Array.isArray(got)) return [`${path}: expected a list, got ${show(got)}`];
    const found = [];
    if (expected.length !== got.length) found.push(`${path}: expected ${expected.length} items, got ${got.length}`);
    for (let i = 0; i < Math.min(expected.length, got.length); i++)
      found.push(...differences(expected[i], got[i], skip, `${path}[${i}]`));
    return found;
  }
  if (expected !== null && typeof expected === "object") {
    if (got === null || typeof got !== "object" || Array.isArray(got))
      return [`${path}: expected an object, got ${show(got)}`];
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...keys].flatMap((key) => {
      const at = path ? `${path}.${key}` : key;
      if (skip(at)) return [];
      if (!(key in got)) return [`${at}: missing, expected ${show(expected[key])}`];
      if (!(key in expected)) return [`${at}: unexpected ${show(got[key])}`];
      return differences(expected[key], got[key], skip, at);
    });
  }
  return Object.is(expected, got) ? [] : [`${path}: expected ${show(expected)}, got ${show(got)}`];
}

function show(value) {
  const text = JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
