export default function AttachmentsPage() { return null; }
