// <copy-button text="…"><button hidden>…</button><span role="status" hidden>…</span></copy-button>: puts the text, which
// is a JSON string so that no parser changes a byte of it, on the clipboard, and says so. Without a clipboard (a page
// that came over plain HTTP has none) the button stays hidden.
class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    const said = this.querySelector("[role=status]");
    said.hidden = true;
    try {
      await navigator.clipboard.writeText(JSON.parse(this.getAttribute("text")));
    } catch {
      return; // the browser asked its user, who said no
    }
    said.hidden = false;
  }
}

customElements.define("copy-button", CopyButton);
