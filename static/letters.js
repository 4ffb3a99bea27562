// What we tell a writer follows the rule that is chosen, until somebody has changed it. Without this a button asks for it.
document.addEventListener("change", e => {
  const rule = e.target.closest("input[data-letter]")
  if (!rule) return
  const text = rule.form.elements.note, ours = [...rule.form.querySelectorAll("[data-letter]")].map(each => each.dataset.letter)
  if (!text.value.trim() || ours.includes(text.value)) text.value = rule.dataset.letter
})
