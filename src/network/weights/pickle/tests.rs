//! Pickles written by hand, instruction by instruction (Python's `pickletools` shows the same).

use super::*;
use crate::network::weights::number::Number;

fn refused(pickle: &[u8]) -> String {
    load(pickle).map(|(heap, root, _)| format!("{:?}", heap.get(root))).unwrap_err()
}

fn one(pickle: &[u8]) -> Object {
    let (heap, root, length) = load(pickle).unwrap();
    assert_eq!(length, pickle.len());
    heap.get(root).clone()
}

#[test]
fn numbers_texts_and_truths() {
    assert_eq!(one(b"\x80\x02K\x07."), Object::Integer(7));
    assert_eq!(one(b"M\x01\x02."), Object::Integer(0x0201));
    assert_eq!(one(b"J\xff\xff\xff\xff."), Object::Integer(-1));
    assert_eq!(one(b"\x8a\x02\x00\xff."), Object::Integer(-256));
    assert_eq!(one(b"\x8a\x00."), Object::Integer(0));
    assert_eq!(one(b"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."), Object::Nothing);
    assert_eq!(one(b"G\x3f\xf8\x00\x00\x00\x00\x00\x00."), Object::Real(1.5));
    assert_eq!(one(b"X\x02\x00\x00\x00ab."), Object::Text("ab".into()));
    assert_eq!(one(b"\x8c\x02ab."), Object::Text("ab".into()));
    assert_eq!(one(b"U\x02ab."), Object::Text("ab".into()));
    assert_eq!(one(b"\x88."), Object::Truth(true));
    assert_eq!(one(b"N."), Object::Nothing);
}

#[test]
fn dicts_lists_and_what_is_shared() {
    // {'a': [1, 2], 'b': the same list}, the list kept under 0; then 3 is appended to it.
    let pickle = b"\x80\x04}(\x8c\x01a](K\x01K\x02e\x94\x8c\x01bh\x00u0h\x00K\x03a.";
    let (heap, root, _) = load(pickle).unwrap();
    assert!(matches!(heap.get(root), Object::Sequence(items) if items.len() == 3));
    let (heap, root, _) = load(b"}\x8c\x01aK\x01s\x8c\x01aK\x02s.").unwrap();
    assert_eq!(heap.entry(root, "a"), Some(&Object::Integer(2)));
    // [['a', 5]], as Python 2 wrote it.
    let ordered = b"ccollections\nOrderedDict\n](](X\x01\x00\x00\x00aK\x05ee\x85R.";
    let (heap, root, _) = load(ordered).unwrap();
    assert_eq!(heap.entry(root, "a"), Some(&Object::Integer(5)));
}

#[test]
fn a_tensor_is_a_view_of_a_storage() {
    let pickle = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(\
        (X\x07\x00\x00\x00storagectorch\nHalfStorage\nX\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x06tQ\
        K\x01K\x02K\x02\x86K\x01K\x02\x86\x89ccollections\nOrderedDict\n)RtR.";
    let Object::Tensor(tensor) = one(pickle) else { panic!("no tensor") };
    assert_eq!((tensor.number, tensor.offset), (Number::F16, 1));
    assert_eq!((tensor.shape, tensor.stride), (vec![2, 2], vec![1, 2]));
    assert_eq!((tensor.storage.key.as_str(), tensor.storage.count), ("7", 6));
}

#[test]
fn foreign_objects_are_named_and_nothing_is_called() {
    let text = refused(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.");
    assert!(text.contains("os.system") && text.contains("only weights"), "{text}");
    let text = refused(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.");
    assert!(text.contains("posix.system"), "{text}");
    assert!(refused(b"c__builtin__\neval\n.").contains("__builtin__.eval"));
    assert!(refused(b"ctorch\nload\n.").contains("torch.load"));
    assert!(refused(b"ctorch\n\n.").contains("only weights"));
    let text = refused(b"cevil\x1b[2J\nname\n.");
    assert!(!text.contains('\x1b'), "{text:?}");
    // Known names in calls that torch never makes.
    assert!(refused(b"ctorch\nFloatStorage\n)R.").contains("none"));
    assert!(refused(b"ccollections\nOrderedDict\nK\x01\x85R.").contains("pairs"));
    assert!(refused(b"K\x01)R.").contains("no name"));
    assert!(refused(b"K\x01}b.").contains("attributes"));
    assert!(refused(b"X\x01\x00\x00\x00aQ.").contains("no storage"));
    assert!(refused(b"(icopyreg\n_reconstructor\n.").contains("0x69"));
}

#[test]
fn what_the_stack_does_not_hold_is_not_taken() {
    for pickle in [
        &b"."[..],
        b"0.",
        b"t.",
        b"(0.",
        b"R.",
        b"s.",
        b"u.",
        b"}(K\x01u.",
        b"h\x05.",
        b"K\x01K\x02a.",
        b"q\x00.",
        b"\x85.",
        b"Q.",
        b"b.",
        b"\x93.",
        b"1.",
        b"((t0.",
        b"}K\x01a.",
        b"e.",
        b"",
        b"c",
    ] {
        refused(pickle);
    }
}

#[test]
fn claims_of_length_take_no_memory() {
    for pickle in [
        &b"X\xff\xff\xff\xffab."[..],
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffab.",
        b"B\xff\xff\xff\x7f.",
        b"\x8b\xff\xff\xff\xff.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    ] {
        assert!(refused(pickle).contains("longer than the file"));
    }
}

#[test]
fn depth_costs_no_stack_and_growth_is_bounded() {
    // Tuples in tuples; lists that hold the last one twice ("billion laughs"); kept names.
    let nested = [&b")"[..], &vec![0x85; 500_000], b"."].concat();
    load(&nested).unwrap();
    let laughs: Vec<u8> = (0..100_000).flat_map(|_| *b"2\x86").collect();
    load(&[&b")"[..], &laughs, b"."].concat()).unwrap();
    for endless in [&b")"[..], b"(", b"))\x86\x94", b"}", b"N", b"N2"] {
        let many: Vec<u8> = endless.iter().copied().cycle().take(3 << 20).collect();
        assert!(refused(&[&many[..], b"."].concat()).contains("more objects"), "{endless:?}");
    }
    // One long list of pairs, made a dict again and again.
    let pair = b"](K\x01K\x02e";
    let pairs: Vec<u8> = pair.iter().copied().cycle().take(pair.len() * 10_000).collect();
    let dicts = b"ccollections\nOrderedDict\nh\x00\x85R0".repeat(1000);
    let bomb = [&b"]("[..], &pairs, b"eq\x00", &dicts, b"."].concat();
    assert!(refused(&bomb).contains("more objects"));
}
