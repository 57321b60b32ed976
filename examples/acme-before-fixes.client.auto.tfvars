# A first tenant written by hand: no address anybody reads, and an account id copied from a manual. Loading this fails.
clients = {
  "acme-finance" = {
    tier       = "fintech"
    account_id = "222233334444"
    prefix     = "acme"
    framework  = "soc2"
    tags = {
      Customer = "ACME Finance Inc"
    }
  }
}
