//! The tenants of a zone as a table.

use crate::model::LandingZone;
use crate::table::{Column, Error, Table};

impl LandingZone {
    /// The tenants in the order of the file: `key, tier, framework, prefix, account_name, contact_email, account_email,
    /// account_id, region, vpc_cidr, ou_path, vertical, monthly_price, currency`.
    ///
    /// # Errors
    /// [`Error::Digits`] where a price has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let tenants = || self.tenants.iter();
        let texts = |text: fn(&crate::model::Tenant) -> Option<String>| -> Vec<Option<String>> {
            tenants().map(text).collect()
        };
        let ids = texts(|tenant| tenant.account_id.map(|id| id.to_string()));
        let blocks = texts(|tenant| tenant.vpc_cidr.map(|block| block.to_string()));
        let paths = texts(|tenant| Some(tenant.ou_path()));
        let currencies = texts(|tenant| Some(tenant.monthly_price.currency.to_string()));
        let price_digits =
            tenants().map(|tenant| tenant.monthly_price.amount.normalize().scale()).max().unwrap_or(0);
        let price_digits = u8::try_from(price_digits).unwrap_or(u8::MAX).max(2);
        Table::new(vec![
            Column::utf8("key", tenants().map(|tenant| tenant.key.as_str()))?,
            Column::utf8("tier", tenants().map(|tenant| tenant.tier.as_str()))?,
            Column::utf8("framework", tenants().map(|tenant| tenant.framework.as_str()))?,
            Column::utf8("prefix", tenants().map(|tenant| tenant.prefix.as_str()))?,
            Column::utf8("account_name", tenants().map(|tenant| tenant.account_name.as_str()))?,
            Column::utf8("contact_email", tenants().map(|tenant| tenant.contact_email.as_str()))?,
            Column::utf8("account_email", tenants().map(|tenant| tenant.account_email.as_str()))?,
            Column::utf8("account_id", ids.iter().map(Option::as_deref))?,
            Column::utf8("region", tenants().map(|tenant| tenant.region.as_str()))?,
            Column::utf8("vpc_cidr", blocks.iter().map(Option::as_deref))?,
            Column::utf8("ou_path", paths.iter().map(Option::as_deref))?,
            Column::utf8("vertical", tenants().map(|tenant| tenant.vertical.as_deref()))?,
            Column::decimal(
                "monthly_price",
                price_digits,
                tenants().map(|tenant| tenant.monthly_price.amount),
            )?,
            Column::utf8("currency", currencies.iter().map(Option::as_deref))?,
        ])
    }
}
