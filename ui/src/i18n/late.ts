import { addTexts } from "./index";
import { late } from "./en.late";

addTexts(late);
