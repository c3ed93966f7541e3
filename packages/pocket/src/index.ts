export { pocketCard } from "./card.ts";
