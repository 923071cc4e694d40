"""Documents as texts that change: written anew in one style, compared by rules, taken over from an older version."""
