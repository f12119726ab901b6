"""The pilot bank: 90 dilemmas between Schwartz's ten values, their paraphrases, and 20 controls."""
