// What the pages of administrators have more with scripts; without this file all of it works.

// One box for all rows, and the button counts for as long as something is selected.
for (const form of document.querySelectorAll("[data-select]")) {
  const boxes = [...form.querySelectorAll("[name=id]")];
  const all = form.querySelector("[data-all] input");
  const refresh = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  form.querySelector("[data-all]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    refresh();
  });
  form.addEventListener("change", refresh);
  addEventListener("pageshow", refresh); // browsers keep what was ticked when one comes back
  refresh();
}

// What cannot be undone is held until the number is typed (ui.md 3.9).
for (const field of document.querySelectorAll("[data-unlocks]")) {
  const button = document.getElementById(field.dataset.unlocks);
  const refresh = () => { button.disabled = field.value.trim() !== field.pattern; };
  field.addEventListener("input", refresh);
  addEventListener("pageshow", refresh);
  refresh();
}
