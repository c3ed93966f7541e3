// What is used of pdf.js, in a chunk of its own: who has no PDF never fetches it.
export { getDocument, GlobalWorkerOptions, TextLayer } from "pdfjs-dist/legacy/build/pdf.mjs";
