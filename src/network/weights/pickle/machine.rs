//! The stack machine: one instruction after the other, with bounds on everything that grows.

use std::collections::HashMap;

use super::globals::{Global, shown, storage};
use super::{Heap, Id, Object};

/// Objects and entries of dicts that a pickle may hold; the largest networks need some 50 000.
const MOST_CELLS: usize = 1 << 20;

type Step<T> = Result<T, String>;

/// Carries out a pickle that `bytes` begin with. Returns its objects, the outermost of them, and
/// the length of the pickle.
///
/// # Errors
/// When it is cut short, uses what weights do not need, or names anything but tensors.
pub(in super::super) fn load(bytes: &[u8]) -> Step<(Heap, Id, usize)> {
    let mut machine = Machine { input: bytes, ..Machine::default() };
    loop {
        let [code] = machine.take()?;
        if code == b'.' {
            let root = machine.pop()?;
            return Ok((machine.heap, root, bytes.len() - machine.input.len()));
        }
        machine.step(code)?;
        if machine.stack.len() > MOST_CELLS || machine.memo.len() > MOST_CELLS {
            return Err(too_many());
        }
    }
}

fn too_many() -> String {
    "it holds more objects than the weights of any network".into()
}

#[derive(Default)]
struct Machine<'a> {
    /// What is still to be carried out.
    input: &'a [u8],
    heap: Heap,
    cells: usize,
    stack: Vec<Id>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine<'_> {
    /// One instruction. The names of Python's `pickletools` stand beside the codes.
    fn step(&mut self, code: u8) -> Step<()> {
        match code {
            0x80 => self.take::<1>().map(drop),                     // PROTO
            0x95 => self.take::<8>().map(drop),                     // FRAME
            b'(' => self.mark(),                                    // MARK
            b'0' => self.pop().map(drop),                           // POP
            b'1' => self.pop_to_mark().map(drop),                   // POP_MARK
            b'2' => self.top().map(|top| self.stack.push(top)),     // DUP
            b'N' => self.push(Object::Nothing),                     // NONE
            0x88 | 0x89 => self.push(Object::Truth(code == 0x88)),  // NEWTRUE, NEWFALSE
            b'J' | b'K' | b'M' | 0x8a | 0x8b => self.integer(code), // BININT …, LONG1, LONG4
            b'G' => self.real(),                                    // BINFLOAT
            b'X' | b'T' | b'U' | 0x8c | 0x8d => self.text(code),    // BINUNICODE, BINSTRING …
            b'B' | b'C' | 0x8e => self.opaque_bytes(code),          // BINBYTES …
            b')' | b']' | 0x8f => self.push(Object::Sequence(Vec::new())), // EMPTY_TUPLE, _LIST, _SET
            b'}' => self.push(Object::Dict(Vec::new())),                   // EMPTY_DICT
            b't' | b'l' => self.pop_to_mark().and_then(|items| self.push(Object::Sequence(items))), // TUPLE, LIST
            0x85..=0x87 => self.short_tuple(usize::from(code - 0x84)), // TUPLE1 to TUPLE3
            b'a' => self.pop().and_then(|item| self.append(vec![item])), // APPEND
            b'e' | 0x90 => self.pop_to_mark().and_then(|items| self.append(items)), // APPENDS, ADDITEMS
            b'd' => self.dict(),                                                    // DICT
            b's' => self.set_item(),                                                // SETITEM
            b'u' => self.pop_to_mark().and_then(|items| self.set_items(&items)),    // SETITEMS
            b'q' | b'r' | 0x94 => self.memoize(code), // BINPUT, LONG_BINPUT, MEMOIZE
            b'h' | b'j' => self.recall(code),         // BINGET, LONG_BINGET
            b'c' => self.global(),                    // GLOBAL
            0x93 => self.stack_global(),              // STACK_GLOBAL
            b'R' | 0x81 => self.reduce(),             // REDUCE, NEWOBJ
            b'b' => self.build(),                     // BUILD
            b'Q' => self.persistent(),                // BINPERSID
            _ => Err(format!(
                "its pickle has the instruction 0x{code:02x}, which weights do not need"
            )),
        }
    }

    fn take<const N: usize>(&mut self) -> Step<[u8; N]> {
        let (taken, rest) = self.input.split_first_chunk().ok_or("its pickle is cut short")?;
        self.input = rest;
        Ok(*taken)
    }

    /// Bytes behind their length, which has 1, 4 or 8 bytes.
    fn counted(&mut self, width: usize) -> Step<&[u8]> {
        let length = match width {
            1 => u64::from(u8::from_le_bytes(self.take()?)),
            4 => u64::from(u32::from_le_bytes(self.take()?)),
            _ => u64::from_le_bytes(self.take()?),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let split = self.input.split_at_checked(length);
        let (taken, rest) =
            split.ok_or("a text or number in its pickle is longer than the file")?;
        self.input = rest;
        Ok(taken)
    }

    /// A line of text, as the names of objects are written.
    fn line(&mut self) -> Step<&str> {
        let end = self.input.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or("its pickle is cut short within a name")?;
        let (line, rest) = (&self.input[..end], &self.input[end + 1..]);
        self.input = rest;
        std::str::from_utf8(line).map_err(|_invalid| "a name in its pickle is no text".into())
    }

    fn push(&mut self, object: Object) -> Step<()> {
        self.cells += match &object {
            Object::Dict(entries) => 1 + entries.len(),
            _ => 1,
        };
        if self.cells > MOST_CELLS {
            return Err(too_many());
        }
        self.stack.push(self.heap.objects.len());
        self.heap.objects.push(object);
        Ok(())
    }

    fn top(&self) -> Step<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack[floor.min(self.stack.len())..].last();
        top.copied().ok_or_else(|| "its pickle takes more than it has put down".into())
    }

    fn pop(&mut self) -> Step<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn mark(&mut self) -> Step<()> {
        if self.marks.len() >= MOST_CELLS {
            return Err(too_many());
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Everything above the last mark, which goes with it.
    fn pop_to_mark(&mut self) -> Step<Vec<Id>> {
        let mark = self.marks.pop().ok_or("its pickle goes back to a mark that it never set")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn integer(&mut self, code: u8) -> Step<()> {
        let value = match code {
            b'J' => i64::from(i32::from_le_bytes(self.take()?)),
            b'K' => i64::from(u8::from_le_bytes(self.take()?)),
            b'M' => i64::from(u16::from_le_bytes(self.take()?)),
            code => {
                let bytes = self.counted(if code == 0x8a { 1 } else { 4 })?;
                // Longer numbers (the mark at the head of old files) are nobody's size.
                let Some(value) = little_endian(bytes) else { return self.push(Object::Nothing) };
                value
            }
        };
        self.push(Object::Integer(value))
    }

    fn real(&mut self) -> Step<()> {
        let value = f64::from_be_bytes(self.take()?);
        self.push(Object::Real(value))
    }

    fn text(&mut self, code: u8) -> Step<()> {
        let width = match code {
            b'U' | 0x8c => 1,
            0x8d => 8,
            _ => 4,
        };
        let text = std::str::from_utf8(self.counted(width)?);
        let text = text.map_err(|_invalid| "a text in its pickle is none")?.to_owned();
        self.push(Object::Text(text))
    }

    fn opaque_bytes(&mut self, code: u8) -> Step<()> {
        let width = match code {
            b'C' => 1,
            0x8e => 8,
            _ => 4,
        };
        self.counted(width)?;
        self.push(Object::Nothing)
    }

    fn short_tuple(&mut self, length: usize) -> Step<()> {
        let mut items = (0..length).map(|_| self.pop()).collect::<Step<Vec<Id>>>()?;
        items.reverse();
        self.push(Object::Sequence(items))
    }

    fn append(&mut self, items: Vec<Id>) -> Step<()> {
        let list = self.top()?;
        match &mut self.heap.objects[list] {
            Object::Sequence(list) => list.extend(items),
            _ => return Err("its pickle appends to something that is no list".into()),
        }
        Ok(())
    }

    fn dict(&mut self) -> Step<()> {
        let items = self.pop_to_mark()?;
        self.push(Object::Dict(Vec::new()))?;
        self.set_items(&items)
    }

    fn set_item(&mut self) -> Step<()> {
        let (value, key) = (self.pop()?, self.pop()?);
        self.set_items(&[key, value])
    }

    fn set_items(&mut self, items: &[Id]) -> Step<()> {
        let dict = self.top()?;
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err("its pickle has a key without a value".into());
        };
        match &mut self.heap.objects[dict] {
            Object::Dict(entries) => entries.extend(pairs.iter().map(|&[key, value]| (key, value))),
            _ => return Err("its pickle sets an entry of something that is no dict".into()),
        }
        Ok(())
    }

    fn memoize(&mut self, code: u8) -> Step<()> {
        let place = match code {
            b'q' => u32::from(u8::from_le_bytes(self.take()?)),
            b'r' => u32::from_le_bytes(self.take()?),
            _ => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        };
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Step<()> {
        let place = match code {
            b'h' => u32::from(u8::from_le_bytes(self.take()?)),
            _ => u32::from_le_bytes(self.take()?),
        };
        let known = self.memo.get(&place).ok_or("its pickle recalls what it never kept")?;
        self.stack.push(*known);
        Ok(())
    }

    fn global(&mut self) -> Step<()> {
        let module = self.line()?.to_owned();
        let global = Global::find(&module, self.line()?)?;
        self.push(Object::Global(global))
    }

    fn stack_global(&mut self) -> Step<()> {
        let (name, module) = (self.pop()?, self.pop()?);
        let (Some(module), Some(name)) = (self.heap.text(module), self.heap.text(name)) else {
            return Err("its pickle names an object by something that is no text".into());
        };
        let global = Global::find(module, name)?;
        self.push(Object::Global(global))
    }

    fn reduce(&mut self) -> Step<()> {
        let (arguments, called) = (self.pop()?, self.pop()?);
        let (Object::Global(global), Object::Sequence(arguments)) =
            (self.heap.get(called), self.heap.get(arguments))
        else {
            return Err("its pickle calls something that has no name".into());
        };
        let made = global.call(&self.heap, arguments)?;
        self.push(made)
    }

    /// Sets attributes. `OrderedDict`s of weights have one, `_metadata`, which says nothing on the
    /// values.
    fn build(&mut self) -> Step<()> {
        self.pop()?;
        match self.heap.get(self.top()?) {
            Object::Dict(_) => Ok(()),
            other => Err(format!("its pickle sets attributes of {}", shown(&format!("{other:?}")))),
        }
    }

    fn persistent(&mut self) -> Step<()> {
        let id = self.pop()?;
        let found = storage(&self.heap, id)?;
        self.push(found)
    }
}

/// A little-endian number of two's complement, up to 64 bits.
fn little_endian(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|&last| last >= 0x80);
    let mut all = [if negative { 0xff } else { 0 }; 8];
    all.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(all))
}
