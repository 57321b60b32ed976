//! The graph of a plan as a drawing: DOT and Mermaid.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::Address;

use super::step::{Plan, Step};

impl Plan {
    /// The steps and what each waits for, in Graphviz's DOT language, one cluster a tenant.
    pub fn to_dot(&self) -> String {
        let mut text = String::from(
            "digraph plan {\n  rankdir = LR;\n  node [shape = box, fontname = \"sans-serif\"];\n",
        );
        for (index, (group, steps)) in self.clusters().into_iter().enumerate() {
            let _ = writeln!(text, "  subgraph cluster_{index} {{\n    label = {};", quoted(&group));
            for step in steps {
                let label = quoted(&label(step));
                let _ = writeln!(text, "    {} [label = {label}];", quoted(step.address.as_str()));
            }
            text.push_str("  }\n");
        }
        for step in self.steps() {
            for dependency in &step.depends_on {
                let (from, to) = (quoted(dependency.on.as_str()), quoted(step.address.as_str()));
                let _ = writeln!(text, "  {from} -> {to} [tooltip = {}];", quoted(dependency.why.text()));
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
            let _ = writeln!(text, "  subgraph g{index}[{}]", quoted(&group));
            for step in steps {
                let _ = writeln!(text, "    {}[{}]", names[&step.address], quoted(&label(step)));
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

/// A quoted string of either language: neither allows a bare quote, and no address or name holds a line break.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "#quot;"))
}
