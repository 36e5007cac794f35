// {{title}}: a network for a microcontroller, made with NetBuilder.
//
// 1. Install the library Chirale_TensorFLowLite in the Library Manager of the Arduino IDE.
//    (With tflite-micro-arduino-examples of TensorFlow, include <TensorFlowLite.h> instead.)
// 2. Upload this sketch and open the Serial Monitor at 115200 baud.
// 3. Compare the predictions with those in model.h, then fill readSample() with your sensors.

#include <Chirale_TensorFlowLite.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

#include "model.h"

// Working memory of the network: {{memory}}.
// The rest is for kernels that are optimised for the board.
constexpr int kArenaSize = {{arena}};
alignas(16) static uint8_t arena[kArenaSize];
static tflite::MicroInterpreter* interpreter = nullptr;

// Fill in one sample. Replace the example by what your sensors measure, in the same order and units.
void readSample() {
{{read}}
}

void printPredictions() {
{{print}}
}

void setup() {
  Serial.begin(115200);
  while (!Serial && millis() < 3000) {
  }
  static tflite::MicroMutableOpResolver<{{count}}> resolver;
{{operators}}
  static tflite::MicroInterpreter board(tflite::GetModel(model_data), resolver, arena, kArenaSize);
  if (board.AllocateTensors() != kTfLiteOk) {
    Serial.println("Increase kArenaSize: the memory is too small.");
    return;
  }
  interpreter = &board;
}

void loop() {
  if (interpreter != nullptr) {
    readSample();
    const unsigned long start = micros();
    if (interpreter->Invoke() == kTfLiteOk) {
      const unsigned long duration = micros() - start;
      printPredictions();
      Serial.print("microseconds: ");
      Serial.println(duration);
    }
  }
  delay(2000);
}
