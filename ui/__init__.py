"""Everything a browser, a script or Stripe talks to."""
