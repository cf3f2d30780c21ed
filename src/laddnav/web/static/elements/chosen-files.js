// Puts the texts of the files that are chosen into the hidden field beside them, by their names: forms here carry no files.
// With `as="bytes"` each is a data: URL, for a file that says itself how its letters are written.
class ChosenFiles extends HTMLElement {
  connectedCallback() {
    this.addEventListener('change', () => this.read());
  }

  async read() {
    const texts = {};
    const bytes = this.getAttribute('as') === 'bytes';
    for (const file of this.querySelector('[type=file]').files) texts[file.name] = await (bytes ? url(file) : file.text());
    this.querySelector('[type=hidden]').value = JSON.stringify(texts);
    this.setAttribute('state', 'read');
  }
}

function url(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}

customElements.define('chosen-files', ChosenFiles);
