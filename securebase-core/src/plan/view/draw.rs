//! The graph of a plan as a drawing: DOT and Mermaid.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::Address;
use crate::plan::step::{Plan, Step};

impl Plan {
    /// The steps and what each waits for, in Graphviz's DOT language, one cluster a tenant.
    pub fn to_dot(&self) -> String {
        let mut text = String::from(
            "digraph plan {\n  rankdir = LR;\n  node [shape = box, fontname = \"sans-serif\"];\n",
        );
        for (index, (group, steps)) in self.clusters().into_iter().enumerate() {
            let _ = writeln!(text, "  subgraph cluster_{index} {{\n    label = {};", dot(&group));
            for step in steps {
                let label = dot(&label(step));
                let _ = writeln!(text, "    {} [label = {label}];", dot(step.address.as_str()));
            }
            text.push_str("  }\n");
        }
        for step in self.steps() {
            for dependency in &step.depends_on {
                let (from, to) = (dot(dependency.on.as_str()), dot(step.address.as_str()));
                let _ = writeln!(text, "  {from} -> {to} [tooltip = {}];", dot(dependency.reason.text()));
            }
        }
        text.push_str("}\n");
        text
    }

    /// The same as a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        let names: BTreeMap<&Address, String> =
            self.steps().enumerate().map(|(index, step)| (&step.address, format!("s{index}"))).collect();
        let mut text = String::from("flowchart LR\n");
        for (index, (group, steps)) in self.clusters().into_iter().enumerate() {
            let _ = writeln!(text, "  subgraph g{index}[{}]", mermaid(&group));
            for step in steps {
                let _ = writeln!(text, "    {}[{}]", names[&step.address], mermaid(&label(step)));
            }
            text.push_str("  end\n");
        }
        for step in self.steps() {
            for dependency in &step.depends_on {
                if let Some(from) = names.get(&dependency.on) {
                    let _ = writeln!(text, "  {from} --> {}", names[&step.address]);
                }
            }
        }
        text
    }

    fn clusters(&self) -> BTreeMap<String, Vec<&Step>> {
        let mut clusters: BTreeMap<String, Vec<&Step>> = BTreeMap::new();
        for step in self.steps() {
            let group =
                step.tenant.as_ref().map_or_else(|| "organization".to_owned(), |key| format!("tenant {key}"));
            clusters.entry(group).or_default().push(step);
        }
        clusters
    }
}

fn label(step: &Step) -> String {
    format!("{} {}", step.action, step.address.local())
}

/// A quoted string of DOT: a backslash keeps the quote, and itself.
fn dot(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A quoted string of Mermaid, which knows no backslash: what has a meaning in a label, in HTML or in Markdown becomes an entity.
fn mermaid(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{dot, mermaid};

    #[test]
    fn each_language_quotes_in_its_own_way() {
        let name = r#"Bad <b> "q" \n `m` #1 & unit"#;
        assert_eq!(dot(name), r#""Bad <b> \"q\" \\n `m` #1 & unit""#);
        assert_eq!(mermaid(name), r#""Bad #60;b#62; #34;q#34; #92;n #96;m#96; #35;1 #38; unit""#);
        assert_eq!((dot("tenant/a"), mermaid("tenant/a")), ("\"tenant/a\"".into(), "\"tenant/a\"".into()));
    }
}
