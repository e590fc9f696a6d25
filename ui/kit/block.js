// Makes `live` what `after` is where that differs from `before`, which it was made from: the rest is the browser's.
function change(live, before, after) {
  if (before.isEqualNode(after)) return;
  if (before.nodeName !== after.nodeName || before.dataset?.key !== after.dataset?.key) return live.replaceWith(after);
  if (after.nodeType === Node.TEXT_NODE) return void (live.data = after.data);
  for (const name of new Set([...before.getAttributeNames(), ...after.getAttributeNames()])) {
    const value = after.getAttribute(name);
    if (value === before.getAttribute(name)) continue;
    if (value === null) live.removeAttribute(name);
    else live.setAttribute(name, value);
    if (name === "value") live.value = value; // what was typed or dragged hides the attribute
  }
  changeInside(live, before, after);
}
function changeInside(live, before, after) {
  const [now, was, next] = [live, before, after].map((node) => [...node.childNodes]);
  next.forEach((node, i) => (was[i] ? change(now[i], was[i], node) : live.append(node)));
  now.slice(next.length, was.length).forEach((node) => node.remove());
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
