/** What an element can be given: properties, `aria-*` and `data-*` attributes, and children as nodes or text. */
export type ElementProps = Readonly<
  Record<string, string | number | boolean | ((event: Event) => void) | undefined>
>;

/**
 * A new element. Strings become text nodes and never markup; a function becomes a listener; a key with a dash or `role`
 * becomes an attribute; everything else is a property.
 */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: ElementProps = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "class") element.className = String(value);
    else if (key.includes("-") || key === "role") element.setAttribute(key, String(value));
    else Reflect.set(element, key, value);
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id: a missing one is a fault of the page, not of its visitor. */
export function required<Type extends Element>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} named ${id}`);
  return element;
}

/** Whether a key was pressed in a dialog: Escape closes that and nothing behind it. */
export function isInDialog({ target }: Event): boolean {
  return target instanceof Element && target.closest("dialog") !== null;
}
