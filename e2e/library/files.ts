import { BlobReader, BlobWriter, TextReader, ZipWriter } from "@zip.js/zip.js";

/** A file as a test gives it to the page. */
export interface Given {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function textFile(name: string, text: string, mimeType = "text/plain"): Given {
  return { name, mimeType, buffer: Buffer.from(text) };
}

/** A PDF with these lines on its pages. `isLocked`: it says that it is encrypted, and no password opens it. */
export function pdfFile(
  name: string,
  pages: readonly (readonly string[])[],
  { isLocked = false }: { isLocked?: boolean } = {},
): Given {
  const kids = pages.map((_, at) => `${4 + 2 * at} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ...pages.flatMap((lines, at) => {
      const shown = lines.map((line) => `(${line.replace(/[()\\]/g, "\\$&")}) Tj T*`).join("\n");
      const stream = `BT /F1 14 Tf 60 760 Td 20 TL\n${shown}\nET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * at} 0 R >>`,
        `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
      ];
    }),
    ...(isLocked
      ? [`<< /Filter /Standard /V 1 /R 2 /P -4 /O <${"5a".repeat(32)}> /U <${"c3".repeat(32)}> >>`]
      : []),
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, at) => {
    const offset = body.length;
    body += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const locked = isLocked
    ? ` /Encrypt ${objects.length} 0 R /ID [<${"ab".repeat(16)}> <${"ab".repeat(16)}>]`
    : "";
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R${locked} >>\nstartxref\n${body.length}\n%%EOF\n`;
  return { name, mimeType: "application/pdf", buffer: Buffer.from(body + end, "latin1") };
}

/** An EPUB with these chapters, each the inside of a body. */
export async function epubFile(
  name: string,
  title: string,
  chapters: readonly string[],
): Promise<Given> {
  const zip = new ZipWriter(new BlobWriter("application/epub+zip"), { useWebWorkers: false });
  const add = (path: string, text: string) => zip.add(path, new TextReader(text));
  await zip.add("mimetype", new BlobReader(new Blob(["application/epub+zip"])), { level: 0 });
  await add(
    "META-INF/container.xml",
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
  );
  const items = chapters.map(
    (_, at) =>
      `<item id="c${at}" href="chapter%20${at}.xhtml" media-type="application/xhtml+xml"/>`,
  );
  const spine = chapters.map((_, at) => `<itemref idref="c${at}"/>`);
  await add(
    "OEBPS/book.opf",
    `<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></metadata><manifest>${items.join("")}</manifest><spine>${spine.join("")}</spine></package>`,
  );
  for (const [at, chapter] of chapters.entries()) {
    await add(
      `OEBPS/chapter ${at}.xhtml`,
      `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>${chapter}</body></html>`,
    );
  }
  const blob = await zip.close();
  const buffer = Buffer.from(await blob.arrayBuffer());
  return { name, mimeType: "application/epub+zip", buffer };
}

/** Bytes that a bomb unpacks to. */
const BOMB_BYTES = 25_000_000;

/** A book that unpacks to a thousand times its size. `isLying`: it says that it does not. */
export async function bombFile(name: string, isLying: boolean): Promise<Given> {
  const bomb = await epubFile(name, "Bomb", [`<p>${" ".repeat(BOMB_BYTES - 7)}</p>`]);
  if (!isLying) return bomb;
  const { buffer } = bomb;
  for (let at = 0; at < buffer.length - 4; at++) {
    const size = buffer.readUInt32LE(at);
    if (size > BOMB_BYTES - 100 && size < BOMB_BYTES + 1_000) buffer.writeUInt32LE(4_000, at);
  }
  return bomb;
}
