# Every attribute once.
version       = 1
org_name      = "retail-cloud"
environment   = "prod"
target_region = "eu-central-1"
enable_vpc    = true
access_role   = "LandingZoneAdmin"
account_email = "aws+{prefix}-{tier}@provider.example"
account_name  = "{tier} {key}"
ou_path       = "{ou}/{region}/{vertical}"

vpc_config = {
  enable_nat_gateway   = false
  enable_vpn_gateway   = true
  enable_vpc_flow_logs = true
  dns_hostnames        = false
  dns_support          = false
}

tags   = { Project = "Retail", Cost = 42, Billable = true }
limits = { accounts = 50, create_account_rate = 0.2 }

tiers = {
  standard = { monthly_price = 2500 }
  retail = {
    title              = "Retail & Food"
    ou_name            = "Customers Retail"
    framework          = "PCI DSS"
    monthly_price      = "7999.50"
    log_retention_days = 365
  }
}

pool = {
  strategy   = "per-tier"
  cidrs      = ["10.0.0.0/10", "100.64.0.0/10"]
  per_tier   = { retail = ["10.128.0.0/12"] }
  prefix_len = 20
}

links = {
  hub    = { kind = "transit-gateway", tenants = ["shop", "food"] }
  office = { kind = "on-premises", tenants = ["shop"], cidrs = ["192.168.0.0/16"] }
}

clients = {
  shop = {
    tier          = "retail"
    prefix        = "shop"
    framework     = "pci-dss"
    contact_email = "ops@shop.example"
    account_id    = "731184206915"
    vpc_cidr      = "10.128.0.0/20"
    vpce_id       = "vpce-0123456789abcdef0"
    audit_bucket  = "shop-audit"
    region        = "eu-west-1"
    vertical      = "shops"
    account_email = "root@shop.example"
    tags          = { Customer = "Shop Ltd", Project = "Shop" }
  }
  food = {
    tier          = "standard"
    prefix        = "food"
    framework     = "CIS"
    contact_email = "ops@food.example"
    account_id    = null
    vpc_cidr      = (
      "10.129.0.0/20"
    )
  }
}
