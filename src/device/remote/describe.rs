//! What a server says of itself: an operation of our own that answers with text.
//!
//! burn's protocol tells how many devices there are and nothing else. The text travels as a
//! tensor, one number a byte, since that is what sessions carry.

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Cube, Dispatch, Flex, Remote, TensorMetadata, backend_extension};
use burn::remote::CustomOpClient;
use burn::server::{CustomOpIr, RemoteServer};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::device::DeviceInfo;

/// The operation's name.
const OPERATION: &str = "arclet.describe";
/// Bytes of an answer; shorter ones end in zeros.
const LENGTH: usize = 8192;
/// Devices that a server may offer, so that an answer always fits.
pub(super) const MOST_DEVICES: usize = 16;
/// Characters of a name that are told.
const NAME: usize = 100;

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    /// Version of its Arclet.
    pub(super) arclet: String,
    pub(super) devices: Vec<Described>,
}

/// One of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) backend: String,
    /// Sort of hardware, in words.
    pub(super) kind: String,
    pub(super) memory: Option<u64>,
}

impl Description {
    pub(super) fn of(devices: &[DeviceInfo]) -> Self {
        let described = |info: &DeviceInfo| Described {
            name: info.name.chars().take(NAME).collect(),
            backend: info.backend.chars().take(NAME).collect(),
            kind: info.kind.describe().to_owned(),
            memory: info.memory,
        };
        let devices = devices.iter().map(described).collect();
        Self { arclet: env!("CARGO_PKG_VERSION").to_owned(), devices }
    }

    fn numbers(&self) -> TensorData {
        let text = serde_json::to_string(self).unwrap_or_default();
        let mut values: Vec<f32> = text.bytes().map(f32::from).collect();
        values.resize(LENGTH, 0.0);
        TensorData::new(values, [LENGTH])
    }

    fn from_numbers(values: &[f32]) -> Option<Self> {
        let bytes = values.iter().take_while(|&&value| value != 0.0);
        let bytes: Vec<u8> = bytes.map(|&value| value as u8).collect();
        serde_json::from_slice(&bytes).ok()
    }
}

/// A server that answers with this description, whichever of burn's backends its devices have.
pub(super) fn answering(
    server: RemoteServer,
    description: &Description,
    on_processor: bool,
) -> RemoteServer {
    let numbers = description.numbers();
    if on_processor {
        return server.with_custom_op::<Flex, _>(OPERATION, move |handles, operation, device| {
            let answer = Flex::float_from_data(numbers.clone(), device);
            handles.register_float_tensor::<Flex>(&operation.outputs[0].id, answer);
        });
    }
    server.with_custom_op::<Cube, _>(OPERATION, move |handles, operation, device| {
        let answer = Cube::float_from_data(numbers.clone(), device);
        handles.register_float_tensor::<Cube>(&operation.outputs[0].id, answer);
    })
}

/// Asks the server of a device. `None` when it does not say; the session may be over then.
pub(super) fn ask(device: &Device) -> Option<Description> {
    let question = Tensor::<1>::zeros([LENGTH], device).into_dispatch();
    let answer = Tensor::<1>::from_dispatch(Dispatch::describe(question));
    let values = answer.try_into_data().ok()?.try_into_vec::<f32>().ok()?;
    Description::from_numbers(&values)
}

/// The operation as burn's remote backend sees it.
#[backend_extension(Remote)]
trait Describe: burn::backend::Backend {
    /// The server's text, whatever stands in `question`, a tensor of the same length.
    fn describe(question: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Describe for Remote {
    fn describe(question: FloatTensor<Self>) -> FloatTensor<Self> {
        let client = CustomOpClient::new(&question.device());
        let input = question.into_ir();
        let mut output = input.clone();
        output.id = client.create_empty_handle();
        // burn does not export the type of this field, but its text.
        output.status =
            serde_json::from_str("\"NotInit\"").expect("a state of tensors in burn's protocol");
        let mut answers = client.register(CustomOpIr::new(OPERATION, &[input], &[output]));
        answers.pop().expect("an operation with one output gives one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_travels_as_numbers() {
        let mut info = crate::device::list().remove(0);
        info.name = "Ω".repeat(500);
        let description = Description::of(&vec![info; MOST_DEVICES]);
        let numbers = description.numbers();
        assert_eq!(numbers.shape().num_elements(), LENGTH);
        let values = numbers.try_into_vec::<f32>().unwrap();
        assert_eq!(Description::from_numbers(&values), Some(description));
        assert_eq!(Description::from_numbers(&[1.0; 9]), None);
    }
}
