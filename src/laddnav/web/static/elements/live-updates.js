// <live-updates src="/live">: hears what happened and says it on the page as events (live-sessions, live-session-…),
// which the parts that show it wait for; and shows quietly whether it still hears.

const PATIENCE = 4_000; // milliseconds between two tries after the server refused, which EventSource itself gives up on

class LiveUpdates extends HTMLElement {
  #source;
  #cursor = "";
  #later;
  #gone = new AbortController();

  connectedCallback() {
    this.setAttribute("role", "status");
    this.#show("reconnecting", true);
    // A browser allows few connections to one server, so a page nobody looks at gives its own back.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close() : this.#open()), { signal: this.#gone.signal });
    window.addEventListener("pagehide", () => this.#close(), { signal: this.#gone.signal });
    window.addEventListener("pageshow", () => this.#open(), { signal: this.#gone.signal });
    if (!document.hidden) this.#open();
  }

  disconnectedCallback() {
    this.#close();
    this.#gone.abort();
  }

  #open() {
    if (this.#source) return;
    const address = new URL(this.getAttribute("src"), location.href);
    if (this.#cursor) address.searchParams.set("after", this.#cursor);
    const source = (this.#source = new EventSource(address));
    source.addEventListener("open", () => this.#show("live"));
    source.addEventListener("message", (event) => {
      this.#cursor = event.lastEventId || this.#cursor;
      for (const name of JSON.parse(event.data)) document.body.dispatchEvent(new CustomEvent(`live-${name}`, { bubbles: true }));
    });
    // The visit was ended elsewhere: the page says so by leading to the sign-in.
    source.addEventListener("over", () => location.reload());
    source.addEventListener("error", () => {
      this.#show("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      this.#close();
      this.#later = setTimeout(() => this.#open(), PATIENCE);
    });
  }

  #close() {
    clearTimeout(this.#later);
    this.#source?.close();
    this.#source = undefined;
  }

  #show(state, silently = false) {
    if (this.getAttribute("state") === state) return;
    this.setAttribute("state", state);
    this.textContent = silently ? "" : this.getAttribute(state);
  }
}

customElements.define("live-updates", LiveUpdates);
