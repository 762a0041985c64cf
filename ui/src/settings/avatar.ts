import { t } from "@/i18n";

const sidePx = 320;
const maxBytes = 10 * 1024 * 1024;

/** A chosen picture as a square data URL of modest size. */
export async function squarePicture(file: File): Promise<string> {
  if (file.size > maxBytes) throw new Error(t("account.pictureTooLarge"));
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t("account.noPicture"));
  });
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(sidePx, side);
  canvas.getContext("2d")!.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return file.type === "image/png" ? canvas.toDataURL("image/png") : canvas.toDataURL("image/jpeg", 0.88);
}
