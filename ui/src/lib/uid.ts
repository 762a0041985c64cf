const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const length = 22;

/**
 * A new name for a memo or an attachment, chosen here so that a create whose answer got lost can be repeated
 * without making a second one. Same alphabet and length as the server's own.
 */
export function newUid(): string {
  let uid = "";
  while (uid.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      const index = byte & 63;
      if (index < alphabet.length && uid.length < length) uid += alphabet[index];
    }
  }
  return uid;
}
