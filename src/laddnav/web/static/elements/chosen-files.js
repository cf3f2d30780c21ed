// Puts the texts of the files that are chosen into the hidden field beside them, by their names: forms here carry no files.
class ChosenFiles extends HTMLElement {
  connectedCallback() {
    this.addEventListener('change', () => this.read());
  }

  async read() {
    const texts = {};
    for (const file of this.querySelector('[type=file]').files) texts[file.name] = await file.text();
    this.querySelector('[type=hidden]').value = JSON.stringify(texts);
    this.setAttribute('state', 'read');
  }
}

customElements.define('chosen-files', ChosenFiles);
