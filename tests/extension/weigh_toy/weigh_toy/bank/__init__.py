"""A toy bank: card.toml and items.jsonl lie beside this file."""
