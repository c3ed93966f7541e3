/** The focus and the selection of the page, which a field of ours takes from it while it is open. */
export class PageState {
  #focused: Element | null = null;
  #selected: readonly [Node, number, Node, number] | undefined;

  take(): void {
    this.#focused = document.activeElement;
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection() ?? {};
    this.#selected =
      anchorNode && focusNode
        ? [anchorNode, anchorOffset ?? 0, focusNode, focusOffset ?? 0]
        : undefined;
  }

  restore(): void {
    // The body has the focus where nothing has, and can not be given it.
    if (this.#focused instanceof HTMLElement && this.#focused !== document.body) {
      this.#focused.focus({ preventScroll: true });
    }
    const [anchor, , focus] = this.#selected ?? [];
    const isField = this.#focused?.matches("input, textarea") ?? false;
    // A field keeps its own selection, and the page may have taken the nodes away meanwhile.
    if (!isField && this.#selected && anchor?.isConnected && focus?.isConnected) {
      try {
        getSelection()?.setBaseAndExtent(...this.#selected);
      } catch {
        // The text has become shorter meanwhile: there is nothing left to select.
      }
    }
    this.#focused = null;
    this.#selected = undefined;
  }
}
