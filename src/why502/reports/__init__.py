"""Reports: text, JSON and HTML, each drawn from a `Diagnosis` alone, each a `render(diagnosis) -> str`."""
