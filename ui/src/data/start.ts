import { fromBinary } from "@bufbuild/protobuf";
import { BatchGetInstanceSettingsResponseSchema, InstanceProfileSchema } from "@/gen/memos/api/v1/instance_service_pb";
import { keepStartSettings, profileKey, startKey } from "./instance";
import { queryClient } from "./queryClient";

interface StartData {
  profile: string; // base64 of the message's binary form, as is the next
  settings: string;
  session: boolean;
}

const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** True when the server wrote the answers to the first questions into the page; `session`: that there is a session to try. */
export function takeStartData(): { given: boolean; session: boolean } {
  const text = document.getElementById("start-data")?.textContent;
  if (!text) return { given: false, session: true };
  const { profile, settings, session } = JSON.parse(text) as StartData;
  queryClient.setQueryData(profileKey, fromBinary(InstanceProfileSchema, bytes(profile)));
  queryClient.setQueryData(startKey, keepStartSettings(fromBinary(BatchGetInstanceSettingsResponseSchema, bytes(settings)).settings));
  return { given: true, session };
}
