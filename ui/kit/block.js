// Makes `live` what `after` is where that differs from `before`, which it was made from: the rest is the browser's. Gives
// what stands there then.
function change(live, before, after) {
  if (before.isEqualNode(after)) return live;
  if (before.nodeName !== after.nodeName) return live.replaceWith(after), after;
  if (after.nodeType === Node.TEXT_NODE) return (live.data = after.data), live;
  for (const name of new Set([...before.getAttributeNames(), ...after.getAttributeNames()])) {
    const value = after.getAttribute(name);
    if (value === before.getAttribute(name)) continue;
    if (value === null) live.removeAttribute(name);
    else live.setAttribute(name, value);
    if (name === "value") live.value = value; // what was typed or dragged hides the attribute
  }
  changeInside(live, before, after);
  return live;
}
// An element with a key is found by it wherever it was, so that one more before it leaves it alone; others by their place.
function changeInside(live, before, after) {
  const [now, was, next] = [live, before, after].map((node) => [...node.childNodes]);
  const name = (node, i) => (node.dataset?.key === undefined ? i : `${node.nodeName} ${node.dataset.key}`);
  const places = new Map(was.map((node, i) => [name(node, i), i]));
  const kept = next.map((node, i) => places.get(name(node, i)));
  was.forEach((_node, i) => kept.includes(i) || now[i]?.remove());
  let last = null;
  next.forEach((node, i) => {
    const at = kept[i];
    const shown = now[at] ? change(now[at], was[at], node) : node;
    if (last ? last.nextSibling !== shown : live.firstChild !== shown) last ? last.after(shown) : live.prepend(shown);
    last = shown;
  });
}
const parsed = (html) => Object.assign(document.createElement("template"), { innerHTML: html ?? "" }).content;

// <ads-block html="...">: shows that HTML, and tells of a click on what has [data-do].
customElements.define(
  "ads-block",
  class extends HTMLElement {
    static observedAttributes = ["html"];
    attributeChangedCallback(_name, before, after) {
      changeInside(this, parsed(before), parsed(after));
    }
    connectedCallback() {
      this.onclick = (e) => {
        const doing = e.target.closest("[data-do]");
        if (!doing || (doing.matches("a") && (e.ctrlKey || e.metaKey || e.shiftKey))) return;
        e.preventDefault();
        this.dispatchEvent(new CustomEvent("do", { detail: doing.dataset.do }));
      };
    }
  },
);
