// "Go to it": selects the words that a check is about, where they stand in their field. Without this it leads to the field.
document.addEventListener("click", e => {
  const link = e.target.closest("a[data-find]"), field = link && document.querySelector(link.hash)
  if (!field) return
  const at = field.value.indexOf(link.dataset.find)
  if (at < 0) return
  e.preventDefault()
  field.focus()
  field.setSelectionRange(at, at + link.dataset.find.length)
  field.scrollTop = field.scrollHeight * at / field.value.length - field.clientHeight / 2
})
