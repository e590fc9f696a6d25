"""What AdsVideo is, without browser, provider or queue runner."""
