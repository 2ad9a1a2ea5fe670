//! `E05xx` the graph, `E06xx` the store and the outside world, `E07xx` while running.

use super::{Code, Explanation};

pub const RING_OF_NODES: Code = Code("E0501");
pub const UNKNOWN_NODE: Code = Code("E0502");
pub const LOCK_DIFFERS: Code = Code("E0601");
pub const LOCKED_BITS_DIFFER: Code = Code("E0602");
pub const LOCK_UNREADABLE: Code = Code("E0603");
pub const STORE: Code = Code("E0604");
pub const NODE_FAILED: Code = Code("E0701");
pub const VALUE_OUT_OF_RANGE: Code = Code("E0702");
pub const NO_VALUE: Code = Code("E0703");
pub const FAULT_OF_THE_PROGRAM: Code = Code("E0704");
pub const NODE_WARNING: Code = Code("W0701");
pub const RESULT_DIFFERS: Code = Code("W0702");

pub const TABLE: &[Explanation] = &[
    Explanation {
        code: RING_OF_NODES,
        title: "nodes that need each other in a ring",
        text: "A node runs when everything that it refers to is there. Nodes that refer to each other in a ring \
               would wait for ever. The message shows the ring, reference by reference: take one of them out, or \
               give that field a value that does not depend on the other node.",
        failing: "use std.batio\nsystem s { elements: [Ba, Ti, O] }\n\
                  phases hull { system: s, source: batio.thermochemistry }\n\
                  reactions coarse { phases: hull, every: 1 K * fine.count }\n\
                  reactions fine { phases: hull, every: 1 K * coarse.count }\n",
        mended: "use std.batio\nsystem s { elements: [Ba, Ti, O] }\n\
                 phases hull { system: s, source: batio.thermochemistry }\n\
                 reactions coarse { phases: hull, every: 100 K }\n\
                 reactions fine { phases: hull, every: 1 K * coarse.count }\n",
    },
    Explanation {
        code: UNKNOWN_NODE,
        title: "a node that the study does not have",
        text: "`plan`, `run`, `why` and `show` take the name of a node (`fired`, which means all its members) or \
               of a member, written as in a recipe: `fired[ratio: 1]`. In a shell, put it in quotes.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: LOCK_DIFFERS,
        title: "the study is not the one that was locked",
        text: "`study.lock` holds the keys of all nodes, and `run --locked` runs nothing when a key differs: the \
               recipe, a file that it reads, or the version of a kind has changed. The message names what differs. \
               If the change is meant, run without `--locked`, which writes the lock anew.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: LOCKED_BITS_DIFFER,
        title: "a result with other bits than the lock says",
        text: "`run --locked=bits` also compares the digests of the results. The keys agree, so the same was asked \
               for; another processor or another build of the program can give other last bits.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: LOCK_UNREADABLE,
        title: "a lock that is missing or cannot be read",
        text: "`run --locked` needs the `study.lock` that an earlier run has written beside the recipe. Run once \
               without `--locked`, or restore the file.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: STORE,
        title: "the store cannot be written or read",
        text: "Results are kept in the store (`.synth` beside the recipe unless told otherwise). A full disk, a \
               store that may only be read, or missing permission keeps a node from leaving its result there; \
               what other nodes have stored stays good. Mend the cause and run again: finished nodes are not \
               computed twice.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: NODE_FAILED,
        title: "a node that failed while it ran",
        text: "The message is the node's own. Nodes that need its result are not run; all others are, and their \
               results are kept. The exit code of `synth run` is then 2.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: VALUE_OUT_OF_RANGE,
        title: "a value that turned out illegal during the run",
        text: "A field may be set to the result of another node. Its type is checked before the run; whether the \
               value lies in the legal range can only be seen when it is there, just before the node starts.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: NO_VALUE,
        title: "a result that was needed and does not exist",
        text: "A field is set to the result of another node, and that node ran without giving this result (a phase \
               that never formed has no onset temperature), or the expression has no value with it (a division by \
               zero).",
        failing: "",
        mended: "",
    },
    Explanation {
        code: FAULT_OF_THE_PROGRAM,
        title: "a fault of the program",
        text: "Something happened inside the program that should be impossible, whatever the recipe says. The node \
               is given up, everything else goes on. Please report the message together with the recipe and the \
               output of `synth --version`.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: NODE_WARNING,
        title: "a warning that a node gave about its result",
        text: "The result stands and is stored, together with the warning; `synth show` prints it again.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: RESULT_DIFFERS,
        title: "a second computation with other bits",
        text: "Two computations of one key gave different bytes, for example on two kinds of processor that share a \
               store. The first result stands.",
        failing: "",
        mended: "",
    },
];
