// What reads and checks the documents of an `add`. A page that only asks never needs it: this part is loaded with the first `add`.
export { batches } from "@nearfield/encoder";
