"""The hub's past tense: what one domain tells the others. Plain frozen values, no behaviour."""
