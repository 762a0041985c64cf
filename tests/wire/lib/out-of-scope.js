// Recordings that are not compared yet, each with the reason. The list is to shrink to none.
const path = (pattern) => (entry) => pattern.test(entry.path);

export const outOfScope = [
];
void path;
