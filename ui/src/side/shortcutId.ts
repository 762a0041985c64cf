export const shortcutId = (name: string) => name.slice(name.lastIndexOf("/") + 1);
