// <copy-button text="…" copied="…" refused="…"><button hidden>…</button><span role="status"></span></copy-button>: puts
// the text, which is a JSON string so that no parser changes a byte of it, on the clipboard, and says how that went.
// Without a clipboard (a page that came over plain HTTP has none) the button stays hidden.
class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    const said = this.querySelector("[role=status]");
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(JSON.parse(this.getAttribute("text")));
      said.textContent = this.getAttribute("copied");
    } catch {
      said.textContent = this.getAttribute("refused");
    }
  }
}

customElements.define("copy-button", CopyButton);
