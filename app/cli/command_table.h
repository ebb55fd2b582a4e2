#pragma once
// All commands, one row each: word, sentence, and the function that adds its options. The program `phloxine` (app/start) reads the words and
// sentences, `phloxine-commands` the functions too, so that the first needs neither Torch nor a device to list them.
#define PHLOXINE_COMMANDS(ROW) \
    ROW("demo", "Tiles for every class of the embedded model beside a real region, and a small export", addDemo)           \
    ROW("generate", "Make tiles from a tissue class or a text", addGenerate)                                               \
    ROW("grid", "Make tiles while two parameters change, and a sheet of them", addGrid)                                    \
    ROW("recreate", "Make a tile again from the provenance in its file", addRecreate)                                      \
    ROW("reconstruct", "Take real regions through the latent space of a model and measure what is lost", addReconstruct)   \
    ROW("metadata", "Show how a tile was made", addMetadata)                                                               \
    ROW("models", "List models, or say what a checkpoint is", addModels)                                                   \
    ROW("slide", "Read a whole-slide image", addSlide)                                                                     \
    ROW("annotate", "Run a classifier of your own over tiles or a slide and write a table of probabilities", addAnnotate)  \
    ROW("assess", "Do synthetic tiles help a classifier: train with and without them", addAssess)                          \
    ROW("caption", "Write captions: a report in few tokens, a set of tiles in words", addCaption)                          \
    ROW("compare", "Measure how real, varied, copied and faithful synthetic tiles are", addCompare)                        \
    ROW("encoder", "Train a network that knows the same tissue again, or show one", addEncoder)                            \
    ROW("export", "Write an augmentation set from a plan", addExport)                                                      \
    ROW("study", "Train the same model under several conditions and compare", addStudy)                                    \
    ROW("tiles", "Cut tiles from slides and their regions, to train on and to compare with", addTiles)                     \
    ROW("train", "Train a model from a recipe", addTrain)                                                                  \
    ROW("verify", "Run parity cases and print the error of each tensor", addVerify)                                        \
    ROW("bench", "Measure time and memory, beside peers", addBench)                                                        \
    ROW("self-test", "Is this machine fit for Phloxine", addSelfTest)                                                      \
    ROW("diagnostics", "What to paste into a bug report, without personal data", addDiagnostics)
