"""Our own elements, each with its CSS and JavaScript beside it. They know no video and no picture."""
