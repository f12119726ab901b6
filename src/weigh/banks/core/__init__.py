"""The core bank: 360 dilemmas between Schwartz's ten values by four authors, their paraphrases, and 40 controls."""
