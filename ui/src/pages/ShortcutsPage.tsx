export default function ShortcutsPage() { return null; }
