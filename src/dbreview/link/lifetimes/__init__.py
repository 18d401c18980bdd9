"""How long sessions live: who opens them, who closes them, and what outlives them."""
