// Under which name a host has the repository of a model that has a card.
import { RetrievalError } from "@nearfield/core";
import { PUBLIC_HUB } from "../pin.ts";
import { resolveHost } from "./host.ts";
import {
  openRepository,
  recallRepository,
  type HostedRepository,
  type OpenRepositoryOptions,
} from "./repository.ts";

/** What of a card says where its files may lie. */
export interface Located {
  /** The model's own name, which is that of its first repository. */
  readonly name: string;
  /** The repository of the export. */
  readonly repository: string;
  readonly tokenizer: { readonly path: string };
}

/**
 * Opens the repository of a model. The public hub has it where the card says. On a host of one's own people name folders as
 * they like: the name that was asked for goes first, then the export's, then the model's own.
 * @param asked the name that was asked for; undefined where a card was given
 * @throws RetrievalError `MODEL_INVALID` where the host has none of them; as `openRepository`
 */
export async function locateRepository(
  card: Located,
  asked: string | undefined,
  options: OpenRepositoryOptions,
): Promise<HostedRepository> {
  const names = namesOf(card, asked, options.host);
  if (names.length === 1) return openRepository(card.repository, options);
  // First without the network: what was found at an earlier visit is to be found again offline.
  for (const name of names) {
    const remembered = await recallRepository(name, options);
    if (remembered) return remembered;
  }
  for (const name of names) {
    const hosted = await openRepository(name, options);
    if (await hosted.stat(card.tokenizer.path)) return hosted;
  }
  throw new RetrievalError("MODEL_INVALID", `the host does not have ${card.name}`, {
    value: `${options.host}: ${names.join(", ")}`,
    repair:
      "Put the repository there under one of these names, or ask for it by the name that it has.",
  });
}

function namesOf(
  { name, repository }: Located,
  asked: string | undefined,
  host: string = PUBLIC_HUB,
): readonly string[] {
  if (asked === undefined || resolveHost(host) === PUBLIC_HUB) return [repository];
  return [...new Set([asked.trim(), repository, name])];
}
