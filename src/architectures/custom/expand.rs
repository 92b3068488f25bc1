//! From a file to a network: blocks written out, repeats repeated, names resolved.

use std::collections::BTreeMap;

use toml::{Spanned, Table};

use super::Fault;
use super::fields::{Fields, Numbers};
use super::file::{Block, File};
use super::layers::layer;
use crate::network::builder::Builder;
use crate::network::{Layer, Network, NodeId};

/// More layers, or more blocks, than this are a mistake in a repeat.
const MOST_LAYERS: usize = 5_000;
/// Blocks within blocks beyond this are one that holds itself.
const DEEPEST: usize = 16;

/// The network of a file for images of this size and so many classes.
pub(super) fn network(file: &File, input: [usize; 3], classes: usize) -> Result<Network, Fault> {
    let mut writer = Writer {
        b: Builder::new(&file.about.name, input, classes),
        blocks: &file.blocks,
        classes: i64::try_from(classes).unwrap_or(i64::MAX),
        places: vec![0],
        written: 0,
    };
    writer.b.initialize(file.initialization);
    let mut scope = Scope::new(String::new(), 0);
    let parameters = writer.numbers(&Numbers::new(), 0);
    let last = writer.layers(&file.layers, &mut scope, &parameters, 0)?;
    for head in &file.auxiliary {
        let logits = scope.find(&head.layer).map_err(|reason| Fault::new(0, reason))?;
        writer.b.auxiliary(logits, head.weight);
    }
    let output = match &file.output {
        Some(name) => scope.find(name).map_err(|reason| Fault::new(0, reason))?,
        None => last,
    };
    let Writer { b, places, .. } = writer;
    let names: Vec<String> = b.names().map(str::to_owned).collect();
    b.finish(output).map_err(|error| {
        let layer = error.layer().and_then(|layer| names.iter().position(|name| name == layer));
        Fault::new(layer.map_or(0, |node| places[node]), error.to_string())
    })
}

/// The names that layers of a block, or of the whole file, may take their input from.
struct Scope {
    /// Name of the block with a dot behind, or nothing.
    prefix: String,
    known: BTreeMap<String, NodeId>,
    /// What the next layer takes where it does not say: the last layer, at first the input.
    last: NodeId,
}

impl Scope {
    fn new(prefix: String, input: NodeId) -> Self {
        let known = BTreeMap::from([("input".to_owned(), input)]);
        Self { prefix, known, last: input }
    }

    fn find(&self, name: &str) -> Result<NodeId, String> {
        self.known.get(name).copied().ok_or_else(|| {
            let place = match self.prefix.trim_end_matches('.') {
                "" => "here".to_owned(),
                block => format!("in `{block}`"),
            };
            format!("there is no layer `{name}` before it {place}")
        })
    }
}

struct Writer<'a> {
    b: Builder,
    blocks: &'a BTreeMap<String, Block>,
    classes: i64,
    /// Where in the text each node comes from.
    places: Vec<usize>,
    /// Blocks written out so far.
    written: usize,
}

impl Writer<'_> {
    /// Parameters with the names that are always known.
    fn numbers(&self, parameters: &Numbers, index: i64) -> Numbers {
        let mut numbers = parameters.clone();
        numbers.insert("classes".into(), self.classes);
        numbers.insert("index".into(), index);
        numbers
    }

    /// Writes layers down; returns the last.
    fn layers(
        &mut self,
        layers: &[Spanned<Table>],
        scope: &mut Scope,
        numbers: &Numbers,
        depth: usize,
    ) -> Result<NodeId, Fault> {
        for (number, entry) in (1..).zip(layers) {
            let at = entry.span().start;
            let mut fields = Fields::new(entry.get_ref(), numbers);
            let said = |reason| Fault::new(at, reason);
            let name = fields.text("name").map_err(said)?;
            match fields.text("block").map_err(said)? {
                Some(block) => {
                    let name = name.unwrap_or_else(|| format!("{block}{number}"));
                    let inside = |fault: Fault| Fault {
                        reason: format!("block `{}{name}`: {}", scope.prefix, fault.reason),
                        ..fault
                    };
                    let (last, prefix) = (scope.last, scope.prefix.clone());
                    let out = self
                        .block(&block, &name, fields, (at, depth), (last, &prefix, &scope.known))
                        .map_err(inside)?;
                    scope.known.insert(name, out);
                    scope.last = out;
                }
                None => self.layer(name, number, fields, at, scope)?,
            }
        }
        Ok(scope.last)
    }

    fn layer(
        &mut self,
        name: Option<String>,
        number: usize,
        mut fields: Fields<'_>,
        at: usize,
        scope: &mut Scope,
    ) -> Result<(), Fault> {
        let said = |reason| Fault::new(at, reason);
        let kind = fields.text("kind").map_err(said)?;
        let kind = kind.ok_or_else(|| said("a layer needs a `kind`, or a `block`".into()))?;
        let name = name.unwrap_or_else(|| format!("{kind}{number}"));
        let named = |reason: String| said(format!("layer `{}{name}`: {reason}", scope.prefix));
        let inner = fields.text("scope").map_err(named)?.unwrap_or_default();
        let inputs = match fields.names("from").map_err(named)? {
            None => vec![scope.last],
            Some(names) => {
                names.iter().map(|n| scope.find(n)).collect::<Result<_, _>>().map_err(named)?
            }
        };
        if self.places.len() + 1 > MOST_LAYERS {
            return Err(named(format!("the network has more than {MOST_LAYERS} layers")));
        }
        let outer = scope.prefix.trim_end_matches('.');
        let within = [outer, &inner].into_iter().filter(|part| !part.is_empty());
        let block = within.collect::<Vec<_>>().join(".");
        let separable = kind == "separable-conv2d";
        let kind = if separable { "conv2d" } else { kind.as_str() };
        let layer = layer(kind, &mut fields).map_err(named)?;
        fields.finish().map_err(named)?;
        let b = &mut self.b;
        let node = b.scope(&block, |b| match layer {
            Layer::Conv2d { .. } if separable => separated(b, &name, &inputs, &layer),
            layer => Ok(b.add_layer(&name, &inputs, layer)),
        });
        let node = node.map_err(named)?;
        self.places.resize(node + 1, at);
        let key = if inner.is_empty() { name } else { format!("{inner}.{name}") };
        scope.known.insert(key, node);
        scope.last = node;
        Ok(())
    }

    /// A block as often as it is wanted; returns its last layer.
    fn block(
        &mut self,
        block: &str,
        name: &str,
        mut fields: Fields<'_>,
        (at, depth): (usize, usize),
        (last, prefix, known): (NodeId, &str, &BTreeMap<String, NodeId>),
    ) -> Result<NodeId, Fault> {
        let said = |reason: String| Fault::new(at, reason);
        let Some(body) = self.blocks.get(block) else {
            return Err(said(format!("there is no block `{block}`")));
        };
        if depth == DEEPEST {
            return Err(said("blocks stand within blocks without an end".into()));
        }
        let repeat = fields.optional_whole("repeat").map_err(said)?;
        let from = fields.names("from").map_err(said)?;
        let names: Vec<&String> = body.parameters.keys().collect();
        let first = fields.first(&names).map_err(said)?;
        let given = fields.given(&names).map_err(said)?;
        fields.finish().map_err(said)?;
        let mut x = match from.as_deref() {
            None => last,
            Some([source]) => *known
                .get(source)
                .ok_or_else(|| said(format!("there is no layer `{source}` before it")))?,
            Some(_) => return Err(said("a block has one input".into())),
        };
        for index in 0..repeat.unwrap_or(1) {
            self.written += 1;
            if self.written > MOST_LAYERS {
                return Err(said(format!("the network has more than {MOST_LAYERS} blocks")));
            }
            let mut parameters = body.parameters.clone();
            parameters.extend(given.clone());
            if index == 0 {
                parameters.extend(first.clone());
            }
            let numbers = self.numbers(&parameters, i64::try_from(index).unwrap_or(i64::MAX));
            let number = if repeat.is_some() { format!(".{index}") } else { String::new() };
            let mut scope = Scope::new(format!("{prefix}{name}{number}."), x);
            x = self.layers(&body.layers, &mut scope, &numbers, depth + 1)?;
        }
        Ok(x)
    }
}

/// A convolution within each channel and one of 1×1 across them.
fn separated(
    b: &mut Builder,
    name: &str,
    inputs: &[NodeId],
    layer: &Layer,
) -> Result<NodeId, String> {
    let &Layer::Conv2d { out, kernel, stride, padding, dilation, bias, .. } = layer else {
        return Err("is no convolution".into());
    };
    let &[x] = inputs else { return Err(format!("has {} inputs", inputs.len())) };
    let channels = b.channels(x).ok_or("takes its input from a layer that is wrong")?;
    let depthwise = Layer::Conv2d {
        out: channels,
        kernel,
        stride,
        padding,
        dilation,
        groups: channels,
        bias: false,
    };
    let x = b.add_layer(&format!("{name}.depthwise"), &[x], depthwise);
    let pointwise = Layer::Conv2d {
        out,
        kernel: [1, 1],
        stride: [1, 1],
        padding: crate::network::Padding::all(0),
        dilation: [1, 1],
        groups: 1,
        bias,
    };
    Ok(b.add_layer(&format!("{name}.pointwise"), &[x], pointwise))
}
