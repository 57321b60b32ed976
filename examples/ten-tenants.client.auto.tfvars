# Ten tenants over the four shipped tiers. Three blocks are used more than once: the accounts are apart, so the plan
# warns and goes on. Every attribute is described in docs/input.md.

org_name      = "securebase"
environment   = "dev"
target_region = "us-east-1"

enable_vpc = true
vpc_config = {
  enable_nat_gateway   = true
  enable_vpn_gateway   = false
  enable_vpc_flow_logs = true
  dns_hostnames        = true
  dns_support          = true
}

tags = {
  Project   = "SecureBase"
  ManagedBy = "securebase"
}

clients = {
  "acme-finance" = {
    tier          = "fintech"
    prefix        = "acme"
    framework     = "soc2"
    contact_email = "john@acmefinance.com"
    vpc_cidr      = "10.0.0.0/16"
    tags = {
      Customer    = "ACME Finance Inc"
      Tier        = "Fintech"
      Framework   = "SOC2"
      OnboardedOn = "2026-01-19"
    }
  }

  "quantumbank-fintech" = {
    tier          = "fintech"
    prefix        = "quantum"
    framework     = "soc2"
    contact_email = "ops@quantumbank.com"
    vpc_cidr      = "10.1.0.0/16"
    tags = {
      Customer  = "Quantum Bank Corp"
      Tier      = "Fintech"
      Framework = "SOC2"
    }
  }

  "metabank-fintech" = {
    tier          = "fintech"
    prefix        = "metabank"
    framework     = "soc2"
    contact_email = "cloud@metabank.example.com"
    vpc_cidr      = "10.2.0.0/16"
    tags = {
      Customer  = "MetaBank Financial"
      Tier      = "Fintech"
      Framework = "SOC2"
    }
  }

  "crossbank-fintech" = {
    tier          = "fintech"
    prefix        = "crossbank"
    framework     = "soc2"
    contact_email = "cloud@crossbank.example.com"
    vpc_cidr      = "10.5.0.0/16"
    tags = {
      Customer  = "CrossBank International"
      Tier      = "Fintech"
      Framework = "SOC2"
    }
  }

  "medicorp-health" = {
    tier          = "healthcare"
    prefix        = "medicorp"
    framework     = "hipaa"
    contact_email = "compliance@medicorp.com"
    vpc_cidr      = "10.1.0.0/16" # shared with quantumbank-fintech
    tags = {
      Customer  = "MediCorp Solutions Inc"
      Tier      = "Healthcare"
      Framework = "HIPAA"
    }
  }

  "guardian-health" = {
    tier          = "healthcare"
    prefix        = "guardian"
    framework     = "hipaa"
    contact_email = "cloud@guardianhealth.example.com"
    vpc_cidr      = "10.3.0.0/16"
    tags = {
      Customer  = "Guardian Health"
      Tier      = "Healthcare"
      Framework = "HIPAA"
    }
  }

  "techgov-federal" = {
    tier          = "gov-federal"
    prefix        = "techgov"
    framework     = "fedramp"
    contact_email = "security@techgov.gov"
    vpc_cidr      = "10.4.0.0/16"
    tags = {
      Customer  = "TechGov Solutions Inc"
      Tier      = "Gov-Federal"
      Framework = "FedRAMP"
    }
  }

  "statecorp-govfed" = {
    tier          = "gov-federal"
    prefix        = "statecorp"
    framework     = "fedramp"
    contact_email = "cloud@statecorp.example.com"
    vpc_cidr      = "10.4.0.0/16" # shared with techgov-federal
    tags = {
      Customer  = "StateCorp Federal"
      Tier      = "Gov-Federal"
      Framework = "FedRAMP"
    }
  }

  "startup-standard" = {
    tier          = "standard"
    prefix        = "startup"
    framework     = "cis"
    contact_email = "admin@startupcorp.io"
    vpc_cidr      = "10.1.0.0/16" # shared with quantumbank-fintech and medicorp-health
    tags = {
      Customer  = "StartupCorp Inc"
      Tier      = "Standard"
      Framework = "CIS"
    }
  }

  "techstartup-std" = {
    tier          = "standard"
    prefix        = "techstartup"
    framework     = "cis"
    contact_email = "cloud@techstartup.example.com"
    vpc_cidr      = "10.6.0.0/16"
    tags = {
      Customer  = "TechStartup"
      Tier      = "Standard"
      Framework = "CIS"
    }
  }
}
