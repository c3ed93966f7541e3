import { NEWS, type News } from "./protocol.ts";

const channel = new BroadcastChannel(NEWS);

/** Tells all parts of the extension, this one not. */
export function announce(news: News): void {
  channel.postMessage(news);
}

export function onNews(listener: (news: News) => void): void {
  channel.addEventListener("message", ({ data }: MessageEvent<News>) => listener(data));
}
