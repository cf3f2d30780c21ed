// What every page loads: htmx for parts that fetch themselves again, and of our elements those that the page holds.
import "./vendor/htmx.org/htmx.mjs";
import "./elements/live-updates.js";

// Large ones come only where they are shown, which may be later, in a part that fetched itself.
function bring() {
  for (const name of ["charge-map", "chosen-files", "copy-button", "depot-gantt", "power-curve"]) if (document.querySelector(name)) import(`./elements/${name}.js`);
}
bring();
document.addEventListener("htmx:after:swap", bring);

// A deed that cannot be undone asks once more.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// What is typed goes along to another form that asks for it as well: a link that names such fields takes them from here.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-carries] a");
  if (!link) return;
  const form = document.getElementById(link.closest("[data-carries]").dataset.carries);
  const to = new URL(link.href);
  for (const [name, value] of new FormData(form)) if (name !== "kind" && to.searchParams.has(name)) to.searchParams.set(name, value);
  link.href = to.href;
});

// A fetched part whose visit has ended answers 401: the page itself then leads to the sign-in.
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail?.ctx?.response?.status === 401) location.reload();
});

// The panel of a menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
